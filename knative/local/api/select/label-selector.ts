import { badRequest } from '../../store/status-error.ts';

export type LabelMatch = (labels: Record<string, string> | undefined) => boolean;

const name = `(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?`;
const value = `(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?`;
const setBased = new RegExp(String.raw`^(${name})\s+(in|notin)\s*\(([^()]*)\)$`);
const equality = new RegExp(String.raw`^(${name})\s*(==|=|!=)\s*(${value})$`);
const comparison = new RegExp(String.raw`^(${name})\s*([<>])\s*(-?\d+)$`);
const existence = new RegExp(String.raw`^(!?)\s*(${name})$`);
const wholeValue = new RegExp(`^${value}$`);

/** A labelSelector as in a query (`app=a,tier in (x, y),!old`); throws BadRequest where it is none. */
export const parseLabelSelector = (text: string): LabelMatch => {
  const matches = requirements(text).map((requirement) => parse(requirement, text));
  return (labels = {}) => matches.every((match) => match(labels));
};

/** Split at the commas that do not stand in parentheses. */
const requirements = (text: string): string[] => {
  if (text.trim() === '') return [];
  return text.split(/,(?![^()]*\))/).map((requirement) => requirement.trim());
};

const parse = (requirement: string, whole: string): ((labels: Record<string, string>) => boolean) => {
  const ofSet = setBased.exec(requirement);
  if (ofSet) {
    const [, key = '', operator, list = ''] = ofSet;
    const values = list.split(',').map((item) => item.trim());
    if (!values.every((item) => wholeValue.test(item))) throw unparsable(requirement, whole);
    return operator === 'in'
      ? (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '')
      : (labels) => !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? '');
  }
  const ofValue = equality.exec(requirement);
  if (ofValue) {
    const [, key = '', operator, wanted = ''] = ofValue;
    return operator === '!='
      ? (labels) => !Object.hasOwn(labels, key) || labels[key] !== wanted
      : (labels) => Object.hasOwn(labels, key) && labels[key] === wanted;
  }
  const ofNumber = comparison.exec(requirement);
  if (ofNumber) {
    const [, key = '', operator, bound] = ofNumber;
    return (labels) => {
      if (!Object.hasOwn(labels, key) || !/^-?\d+$/.test(labels[key] ?? '')) return false;
      return operator === '>' ? Number(labels[key]) > Number(bound) : Number(labels[key]) < Number(bound);
    };
  }
  const ofKey = existence.exec(requirement);
  if (!ofKey) throw unparsable(requirement, whole);
  const [, not, key = ''] = ofKey;
  return (labels) => Object.hasOwn(labels, key) === !not;
};

const unparsable = (requirement: string, whole: string) =>
  badRequest(
    `unable to parse requirement ${JSON.stringify(requirement)} of the label selector ${JSON.stringify(whole)}`,
  );
