/**
 * The part of Kafka's protocol that a proxy needs (kafka.apache.org/protocol). Every request and response is preceded
 * by its size in 4 bytes. A request begins with its api key (2 bytes), version (2) and correlation id (4), and a
 * response with the correlation id.
 */

const SIZE_BYTES = 4;
const CORRELATION_IN_REQUEST = SIZE_BYTES + 4;

export const PRODUCE_API_KEY = 0;

/** Splits a byte stream into complete frames, including their size fields. Drops an incomplete frame at the end. */
export async function* splitKafkaFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= SIZE_BYTES && rest.length >= lengthOf(rest)) {
      yield rest.subarray(0, lengthOf(rest));
      rest = rest.subarray(lengthOf(rest));
    }
  }
}

function lengthOf(frame: Buffer): number {
  return SIZE_BYTES + frame.readInt32BE(0);
}

export interface KafkaRequestHead {
  readonly apiKey: number;
  readonly correlationId: number;
}

/**
 * Parses the head of a Kafka request: its api key, version and correlation id. @param frame a complete
 * request
 */
export function parseKafkaRequestHead(frame: Buffer): KafkaRequestHead {
  return {
    apiKey: frame.readInt16BE(SIZE_BYTES),
    correlationId: frame.readInt32BE(CORRELATION_IN_REQUEST),
  };
}

/** Returns the correlation id of a Kafka response. @param frame a complete response */
export function getKafkaCorrelationId(frame: Buffer): number {
  return frame.readInt32BE(SIZE_BYTES);
}
