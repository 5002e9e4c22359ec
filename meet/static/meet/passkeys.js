// Passkeys (W3C Web Authentication): the browser's answer goes with the form that has `data-passkey`.
"use strict";

const options = document.getElementById("passkey-options");

/** Asks the authenticator, and puts what it says into the form. Rejects where somebody or the browser declines. */
async function ask(form) {
  const given = JSON.parse(options.textContent);
  const made =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
  form.elements.namedItem("passkey").value = JSON.stringify(made.toJSON());
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[data-problem]");
    problem.hidden = true;
    try {
      await ask(form);
    } catch {
      problem.textContent = form.dataset.failed;
      problem.hidden = false;
      return;
    }
    form.submit();
  });
}
