/** Replaces each `{name}` by the parameter of that name; a name without a parameter stays as it is. */
export function fillIn(text: string, params: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}
