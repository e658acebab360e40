export interface ImageReference {
  /** `dev.local/orders` */
  repository: string;
  /** Absent: `latest`, unless a digest stands. */
  tag?: string;
  /** `sha256:…` */
  digest?: string;
}

const reference = /^(?<repository>[^@]+?)(?::(?<tag>[^:/@]+))?(?:@(?<digest>.+))?$/;

/** An image's name in its parts; undefined where it is none. */
export const parseImage = (image: string): ImageReference | undefined => {
  const { repository, tag, digest } = reference.exec(image)?.groups ?? {};
  if (!repository || imageProblem(image)) return undefined;
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
};

/** Why a text is no image reference, in go-containerregistry's words. */
export const imageProblem = (image: string): string | undefined => {
  const problem = (what: string) => `could not parse reference: ${image}: ${what}`;
  const { repository, tag, digest } = reference.exec(image)?.groups ?? {};
  if (!repository) return problem('a repository name must be specified');
  const [first = '', ...rest] = repository.split('/');
  const host = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const path = host ? rest.join('/') : repository;
  if (host && !/^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(first))
    return problem(`registries must be valid RFC 3986 URI authorities: ${first}`);
  if (path.length < 2 || path.length > 255)
    return problem(`repository must be between 2 and 255 characters in length: ${path}`);
  if (!/^[a-z0-9_./-]+$/.test(path) || path.split('/').includes('')) {
    return problem(
      `repository can only contain the characters \`abcdefghijklmnopqrstuvwxyz0123456789_-./\`: ${path}`,
    );
  }
  if (tag !== undefined && !/^[\w.-]{1,128}$/.test(tag)) {
    return problem(
      `tag can only contain the characters \`abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ\`: ${tag}`,
    );
  }
  return digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)
    ? problem(`unsupported digest: ${digest}`)
    : undefined;
};
