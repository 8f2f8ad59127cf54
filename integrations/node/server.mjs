import { createServer } from "node:http";
import { createSidecar } from "gpu-status-panel/server";

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html");
  response.end('<h1>My WebUI</h1><iframe src="/gpu/embed?view=compact" title="GPU"></iframe>');
});

const panel = createSidecar({ server, basePath: "/gpu/" });

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");

process.once("SIGTERM", async () => {
  await panel.close();
  server.close();
});
