/** Kubernetes' `$(NAME)` in a variable's value: those before it; `$$(NAME)` stays `$(NAME)`, unknown names stay as they are. */
export const expand = (value: string, variables: ReadonlyMap<string, string>): string =>
  value.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? match),
  );
