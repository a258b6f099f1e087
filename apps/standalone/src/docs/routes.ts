/**
 * Serves the API reference at /docs, rendered without scripts, and the OpenAPI and AsyncAPI documents themselves.
 * Existing viewers do not work with the Content-Security-Policy of this server: Redoc and Scalar inject inline
 * styles, and AsyncAPI's component compiles schemas with `eval`.
 */
import { type Route, route } from '@latchkey/http';
import { createHtmlPageResponse } from '../pages/assets.ts';
import { localOnlyPolicy } from '../pages/local-only.ts';
import { renderAsyncApiSections } from './asyncapi-view.ts';
import { renderHtmlTemplate, type SafeHtml } from './html.ts';
import { type ApiDocumentSection, renderOpenApiSections } from './openapi-view.ts';
import type { JsonObject } from './schema-view.ts';

/**
 * Functions that create the API documents. A function is called when its document is requested for the
 * first time. Creating the documents at startup would delay the start.
 */
export interface ApiDocumentFactories {
  openApi(): JsonObject;
  asyncApi(): JsonObject;
}

const shared = { method: 'GET', tag: 'docs', hidden: true, quiet: true, policy: localOnlyPolicy } as const;

function contents(title: string, sections: readonly ApiDocumentSection[]): SafeHtml {
  return renderHtmlTemplate`<p class="group">${title}</p>
  <ul>${sections.map((section) => renderHtmlTemplate`<li><a href="#${section.id}">${section.title}</a></li>`)}</ul>`;
}

function chapter(sections: readonly ApiDocumentSection[]): readonly SafeHtml[] {
  return sections.map(
    (section) =>
      renderHtmlTemplate`<section id="${section.id}"><h3>${section.title}</h3>${section.body}</section>`,
  );
}

function docsPage({ openApi, asyncApi }: ApiDocumentFactories): string {
  const requests = renderOpenApiSections(openApi());
  const events = renderAsyncApiSections(asyncApi());
  return renderHtmlTemplate`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Docs · Latchkey</title>
    <link rel="icon" href="assets/key.svg">
    <link rel="stylesheet" href="assets/base.css">
    <link rel="stylesheet" href="assets/docs.css">
  </head>
  <body>
    <a class="skip" href="#docs">Skip to the docs</a>
    <header class="bar">
      <a class="brand" href="./"><img src="assets/key.svg" alt="">Latchkey</a>
      <nav aria-label="Pages">
        <a href="./">Try it</a>
        <a href="mailbox">Mailbox</a>
        <a href="topics">Topics</a>
        <a href="docs" aria-current="page">Docs</a>
      </nav>
    </header>
    <div class="docs">
      <nav class="contents" aria-label="Contents">${contents('Requests', requests)}${contents('Events', events)}</nav>
      <main id="docs">
        <h1>API reference</h1>
        <h2>Requests</h2>
        <p class="lead">The HTTP API. Errors are problem details (RFC 9457); handle them by their <code>code</code>.
          Raw: <a href="docs/openapi.json">openapi.json</a></p>
        ${chapter(requests)}
        <h2>Events</h2>
        <p class="lead">The events on the log: CloudEvents 1.0 in Kafka's binary mode, in order per key.
          Raw: <a href="docs/asyncapi.json">asyncapi.json</a></p>
        ${chapter(events)}
      </main>
    </div>
  </body>
</html>`.html;
}

function rawRoute(path: string, document: () => JsonObject): Route {
  return route({
    ...shared,
    path,
    summary: 'The document as JSON',
    answers: { 200: { description: 'The document', media: ['application/json'] } },
    handle: async () => ({
      status: 200,
      text: { type: 'application/json; charset=utf-8', text: JSON.stringify(document(), null, 2) },
    }),
  });
}

export function createApiDocsRoutes(descriptions: ApiDocumentFactories): readonly Route[] {
  return [
    route({
      ...shared,
      path: '/docs',
      summary: 'The API reference',
      answers: { 200: { description: 'The page', media: ['text/html'] } },
      handle: async () => createHtmlPageResponse(docsPage(descriptions)),
    }),
    rawRoute('/docs/openapi.json', descriptions.openApi),
    rawRoute('/docs/asyncapi.json', descriptions.asyncApi),
  ];
}
