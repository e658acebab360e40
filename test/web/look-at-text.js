/** Runs in the page: what is wider than it, and texts below the contrast of WCAG 2.2 §1.4.3, 4.5:1. */
export const lookAtText = () => {
  const colour = (text) => (/rgba?\(([^)]+)\)/.exec(text)?.[1] ?? '').split(/[ ,/]+/).map(Number);
  const luminance = ([r = 0, g = 0, b = 0]) => {
    const [lr = 0, lg = 0, lb = 0] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = colour(getComputedStyle(at).backgroundColor);
      if ((ground[3] ?? 1) > 0) return ground;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!element || !node.textContent?.trim() || !element.checkVisibility()) continue;
    const [one = 0, other = 0] = [colour(getComputedStyle(element).color), groundOf(element)]
      .map(luminance)
      .sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) faint.push(`${node.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return { tooWide: document.documentElement.scrollWidth > innerWidth, faint };
};
