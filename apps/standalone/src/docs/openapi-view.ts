/** Renders an OpenAPI document with one section for each tag. Each operation is in a collapsible block. */
import { type Html, html, renderText } from './html.ts';
import {
  arrayOrEmpty,
  isObject,
  type JsonObject,
  objectEntriesOf,
  resolveReference,
  schemaView,
} from './schema-view.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly spec: JsonObject;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

function operationsOf(document: JsonObject): readonly Operation[] {
  return objectEntriesOf(document['paths']).flatMap(([path, methods]) =>
    objectEntriesOf(methods)
      .filter(([method]) => METHODS.has(method))
      .map(([method, spec]) => ({ method: method.toUpperCase(), path, spec })),
  );
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function parametersView(spec: JsonObject, root: JsonObject): Html | undefined {
  const parameters = arrayOrEmpty(spec['parameters']).map((parameter) => resolveReference(parameter, root));
  if (parameters.length === 0) return undefined;
  return html`<h4>Parameters</h4><ul class="plain">${parameters.map(
    (parameter) =>
      html`<li><code>${parameter['name']}</code> <span class="muted small">in ${parameter['in']}${parameter['required'] ? '' : ', optional'}</span> ${renderText(parameter['description'])}</li>`,
  )}</ul>`;
}

function contentView(holder: JsonObject, root: JsonObject): readonly Html[] {
  return objectEntriesOf(holder['content']).map(([type, media]) =>
    media['schema'] === undefined
      ? html`<p class="small muted">${type}</p>`
      : html`<p class="small muted">${type}</p>${schemaView(media['schema'], root)}`,
  );
}

function bodyView(spec: JsonObject, root: JsonObject): Html | undefined {
  if (!isObject(spec['requestBody'])) return undefined;
  return html`<h4>Body</h4>${contentView(resolveReference(spec['requestBody'], root), root)}`;
}

function isProblem(answer: JsonObject): boolean {
  return objectEntriesOf(answer['content']).some(([type]) => type === 'application/problem+json');
}

function answerView([status, answer]: readonly [string, JsonObject], root: JsonObject): Html {
  const details = isProblem(answer) ? '' : contentView(answer, root);
  return html`<li><span class="tag ${Number(status) < 400 ? 'good' : 'bad'}">${status}</span> ${renderText(answer['description'])}${details}</li>`;
}

function operationView({ method, path, spec }: Operation, root: JsonObject): Html {
  const id = slug(`${method}-${path}`);
  const answers = objectEntriesOf(spec['responses']).map(
    ([status, answer]) => [status, resolveReference(answer, root)] as const,
  );
  return html`<details class="panel operation" id="${id}">
    <summary><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code> <span class="muted">${renderText(spec['summary'])}</span></summary>
    <div class="inside">
      <p>${renderText(spec['description'])}</p>
      ${parametersView(spec, root)} ${bodyView(spec, root)}
      <h4>Responses</h4><ul class="plain answers">${answers.map((answer) => answerView(answer, root))}</ul>
    </div>
  </details>`;
}

export function openApiSections(document: JsonObject): readonly Section[] {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ spec }) => String(arrayOrEmpty(spec['tags'])[0] ?? 'other')))];
  return tags.map((tag) => ({
    id: slug(`api-${tag}`),
    title: tag,
    body: html`${operations
      .filter(({ spec }) => String(arrayOrEmpty(spec['tags'])[0] ?? 'other') === tag)
      .map((operation) => operationView(operation, document))}`,
  }));
}
