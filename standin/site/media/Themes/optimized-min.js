(function () {
  var toggle = document.querySelector('.mobile-nav');
  if (toggle) {
    toggle.addEventListener('click', function () {
      var open = document.body.classList.toggle('nav-open');
      toggle.setAttribute('aria-expanded', String(open));
    });
  }
  fetch('/api/cart').then(function (reply) { return reply.json(); }).then(function (cart) {
    var badge = document.querySelector('[data-cart-count]');
    if (badge) { badge.textContent = cart.items; badge.hidden = !cart.items; }
  }).catch(function () {});
})();
