/** One field of a message as it stands on the wire. */
export interface WireField {
  number: number;
  /** Of wire type 0: an integer; of 2: bytes. */
  value: bigint | Uint8Array;
}

/** The fields of a protobuf message, in their order; throws SyntaxError where it is none. */
export const readFields = (message: Uint8Array): WireField[] => {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new SyntaxError('a protobuf message ends in a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new SyntaxError('a protobuf number is too long');
  };
  const bytes = (length: number): Uint8Array => {
    if (length < 0 || at + length > message.length)
      throw new SyntaxError('a protobuf message ends in a field');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        bytes(8);
        break;
      case 2:
        fields.push({ number, value: bytes(Number(varint())) });
        break;
      case 5:
        bytes(4);
        break;
      default:
        throw new SyntaxError('a protobuf field of unknown wire type');
    }
  }
  return fields;
};
