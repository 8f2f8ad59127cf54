declare const __VERSION__: string;

/** Of the package, from `package.json`, put in by the build. */
export const VERSION: string = __VERSION__;
