/** Validates records against the published schemas in docs/events, as a program in any language could do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { getStreamId, type KcatRecord } from './kcat.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'events');
const options: Options = { allErrors: true, formats: { uuid: true, 'date-time': true } };

function read(file: string) {
  return JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
}

/** The JSON schemas of the event data by their `$id`, which records contain as `ce_dataschema`. */
const dataSchemas: ReadonlyMap<string, ValidateFunction> = (() => {
  const ajv = new Ajv2020(options).addKeyword('x-personal');
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.schema.json'));
  return new Map(files.map(read).map((schema) => [schema.$id, ajv.compile(schema)]));
})();

/** The JSON schemas of the headers by event type (`ce_type`), from the AsyncAPI document. */
const headerSchemas: ReadonlyMap<string, ValidateFunction> = (() => {
  const ajv = new Ajv(options).addKeyword('x-personal');
  const messages: Record<string, { headers: object }> = read('asyncapi.json').components.messages;
  return new Map(Object.entries(messages).map(([type, { headers }]) => [type, ajv.compile(headers)]));
})();

/** Returns the schema violations of a record. The messages contain no values of the record. */
export function findSchemaViolations({ key, headers, payload }: KcatRecord): readonly string[] {
  const type = headers['ce_type'] ?? '';
  const schema = headers['ce_dataschema'] ?? '';
  return [
    ...faultsBy(headerSchemas.get(type), `headers of "${type}"`, headers),
    ...faultsBy(dataSchemas.get(schema), `data of "${schema}"`, JSON.parse(payload ?? 'null')),
    ...(keysOf(headers).includes(key ?? '') ? [] : [`the key of a ${type} is not its own`]),
  ];
}

/**
 * Returns the keys that a record may have: the id of its account or mailing or, as on the accounts topic, the
 * id and the sequence.
 */
function keysOf({ ce_subject: subject, ce_sequence: sequence }: KcatRecord['headers']): readonly string[] {
  return [`${subject}`, `${subject}/${Number(sequence)}`];
}

function faultsBy(validate: ValidateFunction | undefined, what: string, value: unknown): readonly string[] {
  if (validate === undefined) return [`${what}: no schema`];
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${what}: ${instancePath} ${message}`);
}

/**
 * Groups records by account or mailing. Returns the events of each group without duplicates, in the order of
 * their first occurrence.
 */
export function groupByStream(records: readonly KcatRecord[]): ReadonlyMap<string, readonly KcatRecord[]> {
  const firsts = new Map(records.toReversed().map((record) => [record.headers['ce_id'], record]));
  const inOrder = records.filter((record) => firsts.get(record.headers['ce_id']) === record);
  return Map.groupBy(inOrder, getStreamId);
}

/**
 * Returns a description of each fault in the records of one account or mailing: the sequences do not count
 * from 1 without gaps, or the records are in several partitions.
 */
export function findSequenceFaults(key: string, records: readonly KcatRecord[]): readonly string[] {
  const sequences = records.map(({ headers }) => Number(headers['ce_sequence']));
  const partitions = new Set(records.map(({ partition }) => partition));
  return [
    ...(sequences.every((sequence, index) => sequence === index + 1)
      ? []
      : [`${key} is numbered ${sequences}`]),
    ...(partitions.size === 1 ? [] : [`${key} is in partitions ${[...partitions]}`]),
  ];
}
