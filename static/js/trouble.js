// A tab that is not looked at tells how many pipelines fail: "● 3 · Checkout", and another icon.
//   #tally[data-failing]              how many
//   link[rel=icon][data-failing]      address of the icon while some do
const icon = document.querySelector('link[rel="icon"]');
const calm = icon?.getAttribute('href');
const tell = () => {
  const tally = document.getElementById('tally');
  const failing = Number(tally?.dataset.failing) || 0;
  const title = document.title.replace(/^● \d+ · /, '');
  const wanted = failing ? `● ${failing} · ${title}` : title;
  if (document.title !== wanted) document.title = wanted;
  const href = failing ? icon?.dataset.failing : calm;
  if (icon && href && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
};
document.addEventListener('htmx:after:swap', tell);
tell();
