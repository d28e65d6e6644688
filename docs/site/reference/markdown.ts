/** One page of the reference: its path below `docs/`, without `.md`, and its text. */
export interface Page {
  path: string;
  text: string;
}

/** Lines of a page, with a blank line between blocks. */
export function blocks(...parts: (string | false | null | undefined)[]): string {
  return parts
    .filter((part): part is string => typeof part === 'string' && part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n');
}

export function table(headings: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]): string => `| ${cells.map(inCell).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

export function fence(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``;
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** Text of a comment or description, so that nothing in it is taken for HTML or for a template of the site. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')))
    .join('');
}

/** Sentences say what holds; a reader of a table needs no line breaks. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
