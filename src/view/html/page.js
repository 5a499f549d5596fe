"use strict";
{
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const objects = Array.from(document.querySelectorAll(".object"));
  const components = Array.from(document.querySelectorAll(".component"));
  const texts = objects.map((object) => object.textContent.toLowerCase());

  // Shows the objects that have every word of the search.
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = texts.map((text) => words.every((word) => text.includes(word)));
    objects.forEach((object, index) => {
      object.hidden = !matches[index];
    });
    for (const component of components) {
      component.hidden = !component.querySelector(".object:not([hidden])");
    }
    const count = matches.filter(Boolean).length;
    shown.textContent = words.length > 0 ? `${count} of ${objects.length}` : "";
  };

  const fold = (open) => {
    for (const object of objects) {
      if (!object.hidden) {
        object.open = open;
      }
    }
  };

  // Shows the object that a link leads to.
  const follow = () => {
    const object = objects.find((object) => `#${object.id}` === location.hash);
    if (object) {
      search.value = "";
      filter();
      object.open = true;
      object.scrollIntoView();
    }
  };

  if (search) {
    document.getElementById("tools").hidden = false;
    search.addEventListener("input", filter);
    document.getElementById("unfold").addEventListener("click", () => fold(true));
    document.getElementById("fold").addEventListener("click", () => fold(false));
    window.addEventListener("hashchange", follow);
    follow();
  }
}
