const LITERAL_WITH_LENGTH_IN_4_BYTES = 63 << 2;

/**
 * A snappy codec that does not compress: it writes its input as one literal (github.com/google/snappy,
 * format_description.txt). It cannot decompress.
 */
export const literalOnlySnappyCodec = {
  async compress(encoder: { buffer: Buffer }): Promise<Buffer> {
    const { buffer } = encoder;
    const head = Buffer.alloc(5);
    head.writeUInt8(LITERAL_WITH_LENGTH_IN_4_BYTES);
    head.writeUInt32LE(buffer.length - 1, 1);
    return Buffer.concat([varint(buffer.length), head, buffer]);
  },
  async decompress(): Promise<Buffer> {
    throw new Error('This codec only packs.');
  },
};

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
