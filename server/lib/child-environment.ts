/** The environment for a program that we start, without what is ours alone: the token is for nobody else. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^GPU_PANEL_/i.test(name)));
}
