import type { PaletteTexts } from "../texts";

export const palette: PaletteTexts = {
  keyboard: {
    anywhere: "Partout",
    arrows: "Se déplacer dans une liste",
    change: "Modifier dans les réglages.",
    close: "Fermer ce qui est ouvert",
    goTo: "Aller à : {{place}}",
    help: "Afficher ces raccourcis",
    off: "Les touches simples sont désactivées.",
    on: "Les touches simples ne font rien pendant la saisie.",
    palette: "Recherche et commandes",
    search: "Chercher sur cette page",
    single: "Touches simples",
    submit: "Envoyer ou lancer",
    undo: "Annuler la dernière action",
  },
  palette: {
    count_one: "{{count}} résultat",
    count_other: "{{count}} résultats",
    found: "Résultats",
    groups: {
      command: "Commandes",
      recent: "Récents",
      task: "Tâches",
      work: "Vos travaux",
    },
    language: "Passer en {{language}}",
    newTask: "Lancer une tâche",
    nothing: "Aucun résultat pour « {{query}} ». Essayez moins de mots ou d’autres mots.",
    placeholder: "Tâches, travaux, commandes…",
    settingsWords: "mot de passe, fuseau horaire, nom, connexions",
    theme: "Apparence : {{theme}}",
    title: "Recherche et commandes",
    unreachable: "La recherche est incomplète : le serveur ne répond pas.",
  },
};
