// Live updates smaller than a region: elements of a message that replace those of the same ids, wherever they stand.
//   <hx-patch>             each element inside takes the place of the one with its id
//   <hx-patch attributes>  each gives the one with its id its attributes; what that holds stays
(() => {
  const tasksOf = (template, sourceElement) => [...template.content.children].map(element => {
    const fragment = document.createDocumentFragment();
    fragment.append(element.cloneNode(true));
    const style = template.hasAttribute('attributes') ? 'attributes' : 'outerMorph';
    return { type: 'partial', fragment, target: `#${CSS.escape(element.id)}`, swapSpec: { style }, sourceElement };
  });
  const takeAttributes = (target, { attributes }) => {
    for (const { name } of [...target.attributes]) if (!attributes.getNamedItem(name)) target.removeAttribute(name);
    for (const { name, value } of attributes) if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  };
  window.htmx?.registerExtension('patch', {
    htmx_process_patch: (template, { ctx, tasks }) => { tasks.push(...tasksOf(template, ctx.sourceElement)); },
    handle_swap: (style, target, fragment) => {
      if (style !== 'attributes' || !fragment.firstElementChild) return false;
      takeAttributes(target, fragment.firstElementChild);
      return [target];
    },
  });
})();
