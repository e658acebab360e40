/** Whether a text matches a LIKE pattern (CESQL 1.0, section 3.4.3), in time linear in the text. */
export const likePattern = (pattern: string): ((text: string) => boolean) => {
  const parts = partsOf(pattern);
  return parts.includes(anyOne) ? withAnyOne(parts) : withoutAnyOne(parts);
};

const anyOne = Symbol('_');
const anyMany = Symbol('%');
/** A character of the text, by code point, or one of the two that stand for others. */
type Part = string | typeof anyOne | typeof anyMany;

const partsOf = (pattern: string): Part[] => {
  const characters = Array.from(pattern);
  const parts: Part[] = [];
  for (let at = 0; at < characters.length; at++) {
    const [character = '', following] = characters.slice(at, at + 2);
    if (character === '\\' && (following === '%' || following === '_')) {
      parts.push(following);
      at++;
    } else if (character === '_') parts.push(anyOne);
    else if (character !== '%') parts.push(character);
    else if (parts.at(-1) !== anyMany) parts.push(anyMany);
  }
  return parts;
};

/** Pieces in their order: each where it is found first leaves the most to the next, so nothing is tried twice. */
const withoutAnyOne = (parts: Part[]): ((text: string) => boolean) => {
  const pieces = [''];
  for (const part of parts) {
    if (part === anyMany) pieces.push('');
    else pieces[pieces.length - 1] += String(part);
  }
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
};

const bitsInWord = 31;

/**
 * All places of the pattern that the text may have come to, as bits (Baeza-Yates and Gonnet's shift-and): a step for
 * each character and each 31 places. Bit n says that the parts before place n have matched.
 */
const withAnyOne = (parts: Part[]): ((text: string) => boolean) => {
  const steps = parts.filter((part) => part !== anyMany);
  const words = Math.floor(steps.length / bitsInWord) + 1;
  const set = (places: Int32Array, place: number) => {
    const word = Math.floor(place / bitsInWord);
    places[word] = (places[word] ?? 0) | (1 << (place % bitsInWord));
  };

  /** Places that stay reached, whatever character comes. */
  const staying = new Int32Array(words);
  /** Places that a character moves on to the next, by character; other characters: those of `_` alone. */
  const moving = new Map<string, Int32Array>();
  const movingAny = new Int32Array(words);
  for (const step of steps) if (typeof step === 'string') moving.set(step, new Int32Array(words));
  let place = 0;
  for (const part of parts) {
    if (part === anyMany) {
      set(staying, place);
      continue;
    }
    const moved = typeof part === 'string' ? [moving.get(part)] : [movingAny, ...moving.values()];
    for (const places of moved) if (places) set(places, place);
    place++;
  }

  return (text) => {
    const reached = new Int32Array(words);
    reached[0] = 1;
    for (const character of text) {
      const moves = moving.get(character) ?? movingAny;
      let carried = 0;
      for (let w = 0; w < words; w++) {
        const here = reached[w] ?? 0;
        const moved = here & (moves[w] ?? 0);
        reached[w] = ((moved << 1) & 0x7fffffff) | carried | (here & (staying[w] ?? 0));
        carried = moved >>> (bitsInWord - 1);
      }
    }
    const end = steps.length;
    return ((reached[Math.floor(end / bitsInWord)] ?? 0) & (1 << (end % bitsInWord))) !== 0;
  };
};
