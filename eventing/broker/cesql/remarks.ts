import type { Expression } from './expression.ts';
import { builtinOf } from './functions.ts';
import { parse } from './parse.ts';
import { ParseError } from './parse-error.ts';
import { type Token, tokensOf } from './tokens.ts';

/** What its author probably did not mean; nothing of a text that is no expression at all. */
export const remarksOn = (text: string): string[] => {
  const expression = parsed(text);
  if (!expression) return [];
  const remarks = new Set<string>();
  for (const node of nodesOf(expression)) {
    if (node.kind === 'call' && !builtinOf(node.name, node.args.length))
      remarks.add(`there is no function ${node.name} of ${node.args.length} arguments: what calls it fails`);
    if (node.kind === 'logic' && new Set(node.operators).size > 1)
      remarks.add('AND, OR and XOR without parentheses are grouped from the right: a AND (b OR c)');
  }
  if (isNeverTrue(expression)) remarks.add('the expression is no boolean: it matches no event');
  if (hasTightSign(tokensOf(text)))
    remarks.add(
      'a sign right before a number, behind a value: a cluster refuses it without a blank between them',
    );
  return [...remarks];
};

const parsed = (text: string): Expression | undefined => {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
};

function* nodesOf(root: Expression): Generator<Expression> {
  const left = [root];
  for (let node = left.pop(); node; node = left.pop()) {
    yield node;
    for (const part of partsOf(node)) left.push(part);
  }
}

const partsOf = (node: Expression): Expression[] => {
  switch (node.kind) {
    case 'not':
    case 'negate':
    case 'like':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'logic':
      return node.operands;
    case 'in':
      return [node.operand, ...node.set];
    case 'call':
      return node.args;
    default:
      return [];
  }
};

const isNeverTrue = (root: Expression): boolean => {
  if (root.kind === 'literal') return typeof root.value !== 'boolean';
  if (root.kind === 'negate') return true;
  if (root.kind === 'binary') return '*/%+-'.includes(root.operator);
  return root.kind === 'call' && typeof (builtinOf(root.name, root.args.length)?.zero ?? false) !== 'boolean';
};

/** `hop-1`: the lexer's grammar makes a value and the number -1 of it. */
const hasTightSign = (tokens: Token[]): boolean =>
  tokens.some((token, at) => {
    const [before, after] = [tokens[at - 1], tokens[at + 1]];
    const isSign = token.kind === 'symbol' && (token.text === '-' || token.text === '+');
    return isSign && endsValue(before) && after?.kind === 'integer' && after.start === token.end;
  });

const endsValue = (token: Token | undefined): boolean =>
  token !== undefined &&
  (['integer', 'string', 'name'].includes(token.kind) || [')', 'TRUE', 'FALSE'].includes(token.text));
