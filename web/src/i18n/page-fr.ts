/** Words of the page on which a text is written and edited. */
export const conflict = {
  byAssistant: "L’assistant a écrit une version plus récente",
  compare: "Comparer",
  compareTitle: "L’autre version et la vôtre",
  elsewhere: "Une version plus récente a été enregistrée ailleurs",
  keepMine: "Garder la mienne",
  kept: "Votre texte est conservé ici ; quel que soit votre choix, l’autre reste parmi les versions.",
  legend: "Barré : seulement dans l’autre version. Souligné : seulement dans la vôtre.",
  takeTheirs: "Prendre l’autre",
  title: "Le même endroit a été changé deux fois.",
};

export const diff = {
  added: "Ajouté :",
  none: "Les deux versions disent la même chose.",
  removed: "Supprimé :",
  unchanged: "{{count}} lignes inchangées",
};

export const editor = {
  address: "Adresse",
  addressWrong: "Cela ne ressemble pas à une adresse. Elle se lit comme https://example.com.",
  body: "Texte à écrire",
  done: "Terminé",
  heading: "Titre {{level}}",
  name: "Modifier le texte",
  news: {
    merged: "Une version plus récente a été enregistrée ailleurs ; ses changements sont maintenant dans votre texte.",
    updated: "Une version plus récente a été enregistrée ailleurs ; elle est affichée maintenant.",
  },
  opening: "L’éditeur s’ouvre ; vous pouvez écrire.",
  pageTitle: "Modification de {{title}}",
  save: {
    refused: "Non enregistré – conservé ici.",
    retrying: "Non enregistré – conservé ici, nouvel essai bientôt",
    saved: "Enregistré",
    saving: "Enregistrement…",
    stale: "Non enregistré – conservé ici jusqu’à votre choix",
    waiting: "Enregistrement…",
  },
  saved: "Votre texte est enregistré.",
  setLink: "Mettre le lien",
  style: "Style du texte",
  text: "Texte",
  title: "Titre",
  tool: {
    addColumn: "Ajouter une colonne",
    addRow: "Ajouter une ligne",
    bold: "Gras",
    bullets: "Liste à puces",
    checks: "Liste à cocher",
    code: "Code en ligne",
    codeBlock: "Bloc de code",
    italic: "Italique",
    link: "Lien",
    numbers: "Liste numérotée",
    quote: "Citation",
    redo: "Rétablir",
    removeColumn: "Supprimer la colonne",
    removeRow: "Supprimer la ligne",
    rule: "Ligne de séparation",
    strike: "Barré",
    table: "Tableau",
    undo: "Annuler",
  },
  tools: "Mise en forme",
  unlink: "Retirer le lien",
};

export const ending = {
  ask: "Continue là où le texte s’arrête.",
  cut: "La réponse a atteint sa longueur maximale ; le texte s’arrête ici.",
  goOn: "Demander la suite",
  stopped: "Vous avez arrêté l’assistant ici.",
  title: "La fin du texte",
};

export const more = {
  again: "Réutiliser avec ces mots",
  copyMarkdown: "Copier en Markdown",
  copyPlain: "Copier en texte brut",
  delete: "Supprimer",
  deleted: "« {{title}} » est supprimé.",
  print: "Imprimer",
  rename: "Renommer",
  saveHtml: "Télécharger en page web (.html)",
  saveMarkdown: "Télécharger en Markdown (.md)",
  savePlain: "Télécharger en texte brut (.txt)",
  title: "Plus",
};

export const versions = {
  bringBack: "La rétablir",
  button: "Version {{shown}} sur {{count}}",
  cause: {
    answer: "L’assistant l’a écrite",
    change: "L’assistant l’a changée, comme demandé dans la conversation",
    edit: "Vous l’avez modifiée",
    restore: "Vous avez rétabli la version {{index}}",
  },
  ending: { cut: "(coupée à la longueur maximale)", stopped: "(arrêtée)" },
  isNewest: "la plus récente",
  newest: "Afficher la plus récente",
  old: "Vous lisez la version {{index}} sur {{count}}.",
  one: "Version {{index}}",
  title: "Versions",
  unreachable: "Les versions n’ont pas pu être chargées.",
  view: {
    made: "Ce qu’elle a changé",
    name: "Que montrer",
    since: "Changements depuis",
    text: "Le texte",
  },
};
