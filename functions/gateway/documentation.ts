import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { createFunction } from '../kit/function.ts';
import { operation } from '../kit/operation.ts';
import { notFound } from '../kit/problem.ts';
import { createKeptAnswer } from './kept-answer.ts';

/** Of swagger-ui-dist, and their types. */
export const swaggerFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** The version is in the image: whoever has a file may keep it for a while, and asks with its ETag after that. */
const fileSeconds = 3_600;

const pageOperation = operation({
  method: 'get',
  path: '/docs',
  access: 'public',
  summary: 'All operations, to read and to try out',
  responses: { 200: { description: 'A page', contentType: 'text/html' } },
});
const fileOperation = operation({
  method: 'get',
  path: '/docs/:file',
  access: 'public',
  summary: 'What the page is made of',
  params: z.object({ file: z.string() }),
  responses: { 200: { description: 'A script, a style or an image' } },
});

/** Swagger UI at /docs, from files of the image alone. `folder` holds swaggerFiles. */
export const serveDocumentation = ({ on }: ReturnType<typeof createFunction>, folder: string): void => {
  const page = createKeptAnswer({ body: html, contentType: 'text/html; charset=utf-8', maxAgeSeconds: 60 });
  const files = new Map([
    [
      'start.js',
      createKeptAnswer({ body: start, contentType: 'text/javascript; charset=utf-8', maxAgeSeconds: 60 }),
    ],
  ]);
  on(pageOperation, ({ c }) => page(c.req.header('if-none-match')));
  on(fileOperation, async ({ c, params: { file } }) => {
    const contentType = Object.hasOwn(swaggerFiles, file) ? swaggerFiles[file] : undefined;
    if (contentType && !files.has(file)) {
      const body = await readFile(join(folder, file));
      files.set(file, createKeptAnswer({ body, contentType, maxAgeSeconds: fileSeconds }));
    }
    const kept = files.get(file);
    if (!kept) throw notFound();
    return kept(c.req.header('if-none-match'));
  });
};

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kagari: all operations</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// The token that was given with Authorize lives as long as the page; nothing is sent anywhere else (validatorUrl).
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;
