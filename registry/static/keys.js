// Whether keys of one letter do something, as a person chooses for this browser.
(() => {
  const box = document.getElementById('keys');
  const told = document.getElementById('keys-told');
  box.closest('.keys-choice').hidden = false;
  box.checked = document.documentElement.dataset.keys !== 'off';
  box.addEventListener('change', () => {
    const chosen = box.checked ? 'on' : 'off';
    document.documentElement.dataset.keys = chosen;
    try {
      localStorage.setItem('keys', chosen);
      told.textContent = box.checked ? '1文字のキーを使います。' : '1文字のキーを使いません。';
    } catch {
      told.textContent = 'このブラウザーには覚えさせられません。この画面を離れると、元に戻ります。';
    }
  });
})();
