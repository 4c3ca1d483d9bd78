// Making and changing what is on the page. Everything is text or an attribute:
// there is no way here to put markup from data on it.

const SVG = new Set(['svg', 'rect']);

// h makes an element: h('td', {class: 'figure'}, '12'). Children that are null or
// false are left out.
export function h(name, attributes, ...children) {
  const el = SVG.has(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [k, v] of Object.entries(attributes ?? {})) {
    if (v !== null && v !== undefined && v !== false) el.setAttribute(k, v === true ? '' : v);
  }
  el.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false).map((c) => (c instanceof Node ? c : String(c))));
  return el;
}

export const $ = (id) => document.getElementById(id);

// fill makes the children of el these. What is there and the same stays, and with
// it the focus, a selection and the place of a screen reader.
export function fill(el, ...children) {
  morph(el, h('div', null, ...children));
}

function morph(el, want) {
  const nodes = [...want.childNodes];
  nodes.forEach((node, i) => {
    const old = el.childNodes[i];
    if (!old) {
      el.append(node);
    } else if (old.isEqualNode(node)) {
      return;
    } else if (old.nodeType === Node.TEXT_NODE && node.nodeType === Node.TEXT_NODE) {
      old.data = node.data;
    } else if (old.nodeType === Node.ELEMENT_NODE && old.nodeName === node.nodeName) {
      attributes(old, node);
      morph(old, node);
    } else {
      old.replaceWith(node);
    }
  });
  while (el.childNodes.length > nodes.length) el.lastChild.remove();
}

// OWN are attributes that are changed on what is there, by people or by mindScrolling.
const OWN = new Set(['open', 'tabindex', 'role', 'aria-label']);

function attributes(old, want) {
  for (const { name } of [...old.attributes]) {
    if (!want.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (old.getAttribute(name) !== value && !OWN.has(name)) old.setAttribute(name, value);
  }
}

// table makes one with a caption. Columns are {head, is}, the classes of their
// cells: figure, wide, short, and spare for what a small screen has no room for.
// Cells are texts or nodes, and the first of a line names it.
export function table({ caption, hideCaption, columns, lines, total, empty }) {
  const cell = (tag, c, i, scope) => h(tag, { class: columns[i].is, scope }, c);
  const line = (cells) => h('tr', null, cells.map((c, i) => (i === 0 ? cell('th', c, i, 'row') : cell('td', c, i))));
  const body = lines.length ? lines.map(line) : h('tr', null, h('td', { colspan: columns.length, class: 'none' }, empty ?? 'None.'));
  return h('div', { class: 'scroll' },
    h('table', null,
      h('caption', { class: hideCaption ? 'unseen' : null }, caption),
      h('thead', null, h('tr', null, columns.map((c, i) => cell('th', c.head, i, 'col')))),
      h('tbody', null, body),
      total && h('tfoot', null, line(total))));
}

// mindScrolling makes what is too wide for the screen reachable by the keyboard.
export function mindScrolling() {
  for (const el of document.querySelectorAll('.scroll')) {
    if (el.scrollWidth > el.clientWidth) {
      el.tabIndex = 0;
      el.setAttribute('role', 'region');
      el.setAttribute('aria-label', el.querySelector('caption').textContent);
    } else {
      for (const name of ['tabindex', 'role', 'aria-label']) el.removeAttribute(name);
    }
  }
}

// bar is a picture of parts of a whole, which the text beside it says too.
export function bar(parts, whole) {
  let x = 0;
  return h('svg', { class: 'bar', viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
    h('rect', { class: 'ground', width: 100, height: 1 }),
    parts.filter((p) => p.n > 0).map((p) => {
      const width = whole > 0 ? Math.min(100 - x, (100 * p.n) / whole) : 0;
      const rect = h('rect', { class: p.class, x: round(x), width: round(width), height: 1 });
      x += width;
      return rect;
    }));
}

const round = (x) => Math.round(x * 100) / 100;
