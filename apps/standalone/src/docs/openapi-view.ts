/** Renders an OpenAPI document with one section for each tag. Each operation is in a collapsible block. */
import { renderHtmlTemplate, renderTextAsHtml, type SafeHtml } from './html.ts';
import {
  asArray,
  getObjectEntries,
  isJsonObject,
  type JsonObject,
  renderSchema,
  resolveSchemaReference,
} from './schema-view.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly spec: JsonObject;
}

export interface ApiDocumentSection {
  readonly id: string;
  readonly title: string;
  readonly body: SafeHtml;
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

function operationsOf(document: JsonObject): readonly Operation[] {
  return getObjectEntries(document['paths']).flatMap(([path, methods]) =>
    getObjectEntries(methods)
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

function parametersView(spec: JsonObject, root: JsonObject): SafeHtml | undefined {
  const parameters = asArray(spec['parameters']).map((parameter) => resolveSchemaReference(parameter, root));
  if (parameters.length === 0) return undefined;
  return renderHtmlTemplate`<h4>Parameters</h4><ul class="plain">${parameters.map(
    (parameter) =>
      renderHtmlTemplate`<li><code>${parameter['name']}</code> <span class="muted small">in ${parameter['in']}${parameter['required'] ? '' : ', optional'}</span> ${renderTextAsHtml(parameter['description'])}</li>`,
  )}</ul>`;
}

function contentView(holder: JsonObject, root: JsonObject): readonly SafeHtml[] {
  return getObjectEntries(holder['content']).map(([type, media]) =>
    media['schema'] === undefined
      ? renderHtmlTemplate`<p class="small muted">${type}</p>`
      : renderHtmlTemplate`<p class="small muted">${type}</p>${renderSchema(media['schema'], root)}`,
  );
}

function bodyView(spec: JsonObject, root: JsonObject): SafeHtml | undefined {
  if (!isJsonObject(spec['requestBody'])) return undefined;
  return renderHtmlTemplate`<h4>Body</h4>${contentView(resolveSchemaReference(spec['requestBody'], root), root)}`;
}

function isProblem(answer: JsonObject): boolean {
  return getObjectEntries(answer['content']).some(([type]) => type === 'application/problem+json');
}

function answerView([status, answer]: readonly [string, JsonObject], root: JsonObject): SafeHtml {
  const details = isProblem(answer) ? '' : contentView(answer, root);
  return renderHtmlTemplate`<li><span class="tag ${Number(status) < 400 ? 'good' : 'bad'}">${status}</span> ${renderTextAsHtml(answer['description'])}${details}</li>`;
}

function operationView({ method, path, spec }: Operation, root: JsonObject): SafeHtml {
  const id = slug(`${method}-${path}`);
  const answers = getObjectEntries(spec['responses']).map(
    ([status, answer]) => [status, resolveSchemaReference(answer, root)] as const,
  );
  return renderHtmlTemplate`<details class="panel operation" id="${id}">
    <summary><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code> <span class="muted">${renderTextAsHtml(spec['summary'])}</span></summary>
    <div class="inside">
      <p>${renderTextAsHtml(spec['description'])}</p>
      ${parametersView(spec, root)} ${bodyView(spec, root)}
      <h4>Responses</h4><ul class="plain answers">${answers.map((answer) => answerView(answer, root))}</ul>
    </div>
  </details>`;
}

export function renderOpenApiSections(document: JsonObject): readonly ApiDocumentSection[] {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ spec }) => String(asArray(spec['tags'])[0] ?? 'other')))];
  return tags.map((tag) => ({
    id: slug(`api-${tag}`),
    title: tag,
    body: renderHtmlTemplate`${operations
      .filter(({ spec }) => String(asArray(spec['tags'])[0] ?? 'other') === tag)
      .map((operation) => operationView(operation, document))}`,
  }));
}
