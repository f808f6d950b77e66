/** A part of a model card: headings, paragraphs and lists of its Markdown, as plain text with **strong** parts marked. */
export interface CardBlock {
  readonly kind: 'heading' | 'paragraph' | 'item';
  readonly spans: readonly { readonly text: string; readonly strong: boolean }[];
}

/** Splits a model card into blocks. It came with a model and is hostile: text alone, no links, no HTML. */
export function cardBlocks(markdown: string): CardBlock[] {
  const blocks: CardBlock[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', spans: spansOf(paragraph.join(' ')) });
    paragraph = [];
  };
  for (const line of markdown.split(/\r?\n/)) {
    const heading = /^#+\s+(.*)$/.exec(line);
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (heading || item || line.trim() === '') flush();
    if (heading) blocks.push({ kind: 'heading', spans: spansOf(heading[1]) });
    else if (item) blocks.push({ kind: 'item', spans: spansOf(item[1]) });
    else if (line.trim() !== '') paragraph.push(line.trim());
  }
  flush();
  return blocks;
}

/** Letters that a reader takes in before anything else. */
const LEAD = 260;

/** What a model says of itself: its first sentences, and the rest. */
export function leadOf(description: string): { readonly lead: string; readonly more: string } {
  const sentences = description.split(/(?<=[.!?])\s+/);
  let count = 1;
  while (count < sentences.length && sentences.slice(0, count + 1).join(' ').length <= LEAD) count++;
  return { lead: sentences.slice(0, count).join(' '), more: sentences.slice(count).join(' ') };
}

function spansOf(text: string): CardBlock['spans'] {
  return text
    .split('**')
    .map((part, index) => ({ text: part.replaceAll('`', ''), strong: index % 2 === 1 }))
    .filter((span) => span.text !== '');
}
