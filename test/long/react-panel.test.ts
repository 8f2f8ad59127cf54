import { testReactHost } from "../helpers/react-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

// React 18 is in test/long.
testReactHost(readmeSnippets("integrations/react-vite/README.md"), [19], true);
