/** Renders the AsyncAPI document as a page of the documentation site. */
import { type DescribedSchema, renderFieldTable, renderTableRow } from './schema-table.ts';

interface Channel {
  readonly address: string;
  readonly description: string;
  readonly messages: Readonly<Record<string, unknown>>;
  readonly bindings: {
    readonly kafka: {
      readonly partitions: number;
      readonly topicConfiguration: { readonly 'retention.ms': number };
    };
  };
}

export interface AsyncApiDocument {
  readonly info: { readonly description: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly components: {
    readonly messages: Readonly<
      Record<string, { readonly summary: string; readonly headers: DescribedSchema }>
    >;
    readonly schemas: Readonly<Record<string, DescribedSchema>>;
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

function retention({ bindings }: Channel): string {
  const ms = bindings.kafka.topicConfiguration['retention.ms'];
  return ms < 0 ? 'forever' : `${ms / DAY_MS} days`;
}

function channelTable(channels: readonly Channel[]): string {
  return [
    '| topic | partitions | kept | contents |',
    '|---|---|---|---|',
    ...channels.map((channel) =>
      renderTableRow(
        `\`${channel.address}\``,
        String(channel.bindings.kafka.partitions),
        retention(channel),
        channel.description,
      ),
    ),
  ].join('\n');
}

function versionOf(headers: DescribedSchema): number {
  const schema = String(headers.properties?.['ce_dataschema']?.const);
  return Number(schema.slice(schema.lastIndexOf(':') + 1));
}

/**
 * Renders the reference page of the events.
 * @param sampleOf returns a sample record of a given version of an event
 * @throws Error if a channel names a message that the AsyncAPI document does not define
 */
export function renderEventReference(
  { info, channels, components }: AsyncApiDocument,
  sampleOf: (event: string, version: number) => unknown,
): string {
  const sections = Object.values(channels).flatMap((channel) =>
    Object.keys(channel.messages).map((name) => {
      const message = components.messages[name];
      const schema = components.schemas[name];
      if (message === undefined || schema === undefined) throw new Error(`no message ${name}`);
      const version = versionOf(message.headers);
      return [
        `## ${name}`,
        `Topic \`${channel.address}\`, version ${version}. [JSON Schema](/events/${name}.v${version}.schema.json)`,
        message.summary,
        renderFieldTable(schema),
        `A record:\n\n\`\`\`json\n${JSON.stringify(sampleOf(name, version), undefined, 2)}\n\`\`\``,
      ].join('\n\n');
    }),
  );
  const [first] = Object.values(components.messages);
  return [
    '# Event schemas',
    `${info.description} The document: [asyncapi.json](/events/asyncapi.json).`,
    channelTable(Object.values(channels)),
    '## Headers',
    'Every record has these headers:',
    first === undefined ? '' : renderFieldTable(first.headers),
    ...sections,
  ].join('\n\n');
}
