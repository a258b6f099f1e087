/** Renders an AsyncAPI 3 document with one section for each channel. Each message is in a collapsible block. */
import { type Html, html, renderText } from './html.ts';
import type { Section } from './openapi-view.ts';
import { type JsonObject, objectEntriesOf, resolveReference, schemaView } from './schema-view.ts';

/** Returns the payload schema of a message. Unwraps a multi-format schema object. */
function payloadOf(message: JsonObject, root: JsonObject): JsonObject {
  const payload = resolveReference(message['payload'], root);
  return payload['schema'] === undefined ? payload : resolveReference(payload['schema'], root);
}

function messageView(name: string, message: JsonObject, root: JsonObject): Html {
  return html`<details class="panel operation" id="event-${name}">
    <summary><b>${message['title'] ?? name}</b> <span class="muted">${renderText(message['summary'])}</span></summary>
    <div class="inside">
      <p>${renderText(message['description'])}</p>
      <h4>Data</h4>${schemaView(payloadOf(message, root), root)}
      ${message['headers'] === undefined ? '' : html`<h4>Headers</h4>${schemaView(message['headers'], root)}`}
    </div>
  </details>`;
}

export function asyncApiSections(document: JsonObject): readonly Section[] {
  return objectEntriesOf(document['channels']).map(([id, channel]) => ({
    id: `channel-${id}`,
    title: String(channel['address'] ?? id),
    body: html`<p class="lead">${renderText(channel['description'])}</p>${objectEntriesOf(
      channel['messages'],
    ).map(([name, message]) => messageView(name, resolveReference(message, document), document))}`,
  }));
}
