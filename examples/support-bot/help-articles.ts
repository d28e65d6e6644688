export interface HelpArticle {
  title: string;
  text: string;
}

/** Put your own help pages here, or ask your search engine in the tool. */
export const HELP_ARTICLES: readonly HelpArticle[] = [
  { title: 'Parcels', text: 'A parcel takes two to four days. The tracking link is in the e-mail "On its way".' },
  { title: 'Returns', text: 'Send it back within 30 days. The label is in your account under Orders.' },
  { title: 'Invoices', text: 'Every invoice is in your account under Orders, as a PDF.' },
  { title: 'Passwords', text: 'Choose "Forgot password" at the login; the e-mail comes within a minute.' },
];

/** The articles that share most words with the question, best first. */
export function articlesAbout(question: string, limit = 2): HelpArticle[] {
  const asked = new Set(stems(question));
  const scored = HELP_ARTICLES.map((article) => {
    const shared = new Set(stems(`${article.title} ${article.text}`).filter((stem) => asked.has(stem)));
    return { article, score: shared.size };
  });
  const found = scored.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score);
  return found.slice(0, limit).map(({ article }) => article);
}

// Enough to find "parcels" by "parcel".
function stems(text: string): string[] {
  return (text.toLowerCase().match(/[a-z]{4,}/g) ?? []).map((word) => word.replace(/s$/, ''));
}
