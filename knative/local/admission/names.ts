// k8s.io/apimachinery/pkg/util/validation: every check answers what is wrong in Kubernetes' words, or nothing.

type Check = (value: string) => string[];

const checked = (pattern: RegExp, wrong: string, limit: number): Check => {
  const whole = new RegExp(`^(?:${pattern.source})$`);
  return (value) => [
    ...(value.length > limit ? [`must be no more than ${limit} characters`] : []),
    ...(whole.test(value) ? [] : [`${wrong}, regex used for validation is '${pattern.source}')`]),
  ];
};

const label1123 = /[a-z0-9]([-a-z0-9]*[a-z0-9])?/;
const subdomain1123 = /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/;
const namePart = /([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]/;

export const dns1035Label = checked(
  /[a-z]([-a-z0-9]*[a-z0-9])?/,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123'",
  63,
);

export const dns1123Label = checked(
  label1123,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc'",
  63,
);

export const dns1123Subdomain = checked(
  subdomain1123,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com'",
  253,
);

export const labelValue = checked(
  /(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?/,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345'",
  63,
);

export const configKey: Check = (value) => {
  const wrong = checked(
    /[-._a-zA-Z0-9]+/,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name'",
    253,
  )(value);
  return value === '.' || value.startsWith('..') ? [...wrong, "must not be '.' or start with '..'"] : wrong;
};

const qualifiedNamePart = checked(
  namePart,
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc'",
  63,
);

/** `name` or `example.com/name`, as keys of labels and annotations are. */
export const qualifiedName: Check = (value) => {
  const [first = '', second, ...rest] = value.split('/');
  if (rest.length > 0) return ["a qualified name must have at most one '/'"];
  if (second === undefined) return qualifiedNamePart(first);
  const prefix =
    first === ''
      ? ['prefix part must be non-empty']
      : dns1123Subdomain(first).map((wrong) => `prefix part ${wrong}`);
  return [...prefix, ...qualifiedNamePart(second)];
};

/** A domain name of two labels or more. */
export const fullyQualifiedName: Check = (value) => {
  const wrong = dns1123Subdomain(value);
  if (wrong.length > 0) return wrong;
  const labels = value.replace(/\.$/, '').split('.');
  return labels.length < 2
    ? ['should be a domain with at least two segments separated by dots']
    : labels.flatMap(dns1123Label);
};

export const identifier: Check = (value) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)
    ? []
    : [
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
      ];
