/** Renders an AsyncAPI 3 document with one section for each channel. Each message is in a collapsible block. */
import { renderHtmlTemplate, renderTextAsHtml, type SafeHtml } from './html.ts';
import type { ApiDocumentSection } from './openapi-view.ts';
import { getObjectEntries, type JsonObject, renderSchema, resolveSchemaReference } from './schema-view.ts';

/** Returns the payload schema of a message. Unwraps a multi-format schema object. */
function payloadOf(message: JsonObject, root: JsonObject): JsonObject {
  const payload = resolveSchemaReference(message['payload'], root);
  return payload['schema'] === undefined ? payload : resolveSchemaReference(payload['schema'], root);
}

function messageView(name: string, message: JsonObject, root: JsonObject): SafeHtml {
  return renderHtmlTemplate`<details class="panel operation" id="event-${name}">
    <summary><b>${message['title'] ?? name}</b> <span class="muted">${renderTextAsHtml(message['summary'])}</span></summary>
    <div class="inside">
      <p>${renderTextAsHtml(message['description'])}</p>
      <h4>Data</h4>${renderSchema(payloadOf(message, root), root)}
      ${message['headers'] === undefined ? '' : renderHtmlTemplate`<h4>Headers</h4>${renderSchema(message['headers'], root)}`}
    </div>
  </details>`;
}

export function renderAsyncApiSections(document: JsonObject): readonly ApiDocumentSection[] {
  return getObjectEntries(document['channels']).map(([id, channel]) => ({
    id: `channel-${id}`,
    title: String(channel['address'] ?? id),
    body: renderHtmlTemplate`<p class="lead">${renderTextAsHtml(channel['description'])}</p>${getObjectEntries(
      channel['messages'],
    ).map(([name, message]) => messageView(name, resolveSchemaReference(message, document), document))}`,
  }));
}
