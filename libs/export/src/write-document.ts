import {
  EXPORT_VERSION,
  type ExportDocument,
  type ExportedListName,
  exportDocumentSchema,
  exportedListSchemas,
} from './document.ts';

type Lists = { readonly [Name in ExportedListName]: AsyncIterable<ExportDocument[Name][number]> };

export interface ExportParts extends Lists {
  readonly exportedAt: Date;
  readonly profile: ExportDocument['profile'];
}

/**
 * Yields the document with an account's exported data as JSON text, with one line per entry of a list. Only
 * one page of a list is in memory at a time, and each part is read only when its text is needed.
 * @throws ZodError for a part that violates its schema, and any error of the lists. After an error, the
 * yielded text is incomplete JSON
 */
export async function* writeExportDocument(parts: ExportParts): AsyncGenerator<string> {
  const exportedAt = JSON.stringify(parts.exportedAt.toISOString());
  const profile = JSON.stringify(exportDocumentSchema.shape.profile.parse(parts.profile));
  yield `{"version":${EXPORT_VERSION},"exportedAt":${exportedAt},\n`;
  yield `"profile":${profile}\n`;
  yield* writeList('events', parts.events);
  yield* writeList('sessions', parts.sessions);
  yield* writeList('mails', parts.mails);
  yield* writeList('signIns', parts.signIns);
  yield '}\n';
}

async function* writeList(name: ExportedListName, entries: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield `,"${name}":[\n`;
  let isFirst = true;
  for await (const entry of entries) {
    yield `${isFirst ? '' : ','}${JSON.stringify(exportedListSchemas[name].parse(entry))}\n`;
    isFirst = false;
  }
  yield ']\n';
}
