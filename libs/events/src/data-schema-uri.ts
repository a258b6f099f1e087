/** Returns the URI of the schema of an event's data. */
export function dataSchemaUri(type: string, version: number): string {
  return `urn:latchkey:event:${type}:${version}`;
}
