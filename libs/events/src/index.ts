export { type Decoded, decode, type EncodedEvent, encode, MAX_EVENT_BYTES, type RawRecord } from './codec.ts';
export * from './events.ts';
export { dataSchemaUri, EVENT_SOURCE } from './headers.ts';
export { asyncApiDocument, eventJsonSchema, type JsonSchema } from './schemas.ts';
export * from './topics.ts';
export { type Upcast, type Upcaster, upcast, upcasters } from './upcast.ts';
