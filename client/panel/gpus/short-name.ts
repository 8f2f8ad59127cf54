/** The program without its folders; what follows a space is kept. */
export function shortName(name: string): string {
  return name.replace(/^\S*[/\\](?=[^/\\])/, "");
}
