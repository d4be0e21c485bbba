// The link's token stands behind #, which no server is sent. It moves into the form, and out of the history.
const token = location.hash.slice(1);
if (token) {
  document.querySelector("[name=token]").value = token;
  history.replaceState(null, "", location.pathname);
  document.querySelector("[name=email]").focus();
}
