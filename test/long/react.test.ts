import { testReactHost } from "../helpers/react-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

testReactHost(readmeSnippets("integrations/react-vite/README.md"), [18], false);
