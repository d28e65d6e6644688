import { format } from 'prettier';
import type { ExportedName } from './exported-names';
import { blocks, fence, type Page, prose } from './markdown';

const HEADINGS: Record<ExportedName['kind'], string> = {
  decorator: 'Decorators',
  function: 'Functions',
  class: 'Classes',
  type: 'Types',
  value: 'Values',
};

/** A page for each lib. */
export async function codePages(names: readonly ExportedName[]): Promise<Page[]> {
  const libs = [...new Set(names.map(({ lib }) => lib))];
  return Promise.all(
    libs.map(async (lib) => {
      const own = names.filter((name) => name.lib === lib).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const sections = Object.entries(HEADINGS).map(async ([kind, heading]) => {
        const ofKind = own.filter((name) => name.kind === kind);
        return ofKind.length === 0 ? '' : blocks(`## ${heading}`, ...(await Promise.all(ofKind.map(section))));
      });
      const text = blocks(
        `# @reflex/${lib}`,
        'What the lib exports, from its code and its comments.',
        ...(await Promise.all(sections)),
      );
      return { path: `reference/libs/${lib}`, text };
    }),
  );
}

async function section({ name, about, declaration }: ExportedName): Promise<string> {
  const code = await format(declaration, { parser: 'typescript', singleQuote: true, printWidth: 100 });
  return blocks(`### ${name}`, prose(about), fence('ts', code.trimEnd()));
}
