/* What scrolls can be scrolled from the keyboard. */
const reachable = () =>
  document.querySelectorAll(".md-typeset__scrollwrap, .highlight-ipynb, .md-typeset pre > code").forEach((part) => {
    part.tabIndex = 0;
  });
document.addEventListener("DOMContentLoaded", reachable);
window.addEventListener("load", reachable);
