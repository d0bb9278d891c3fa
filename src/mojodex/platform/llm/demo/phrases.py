"""What the demo model says around the person's own words, in its two languages."""

from collections.abc import Mapping

#: Words that show which language is spoken, without accents.
COMMON_WORDS: Mapping[str, str] = {
    "en": "the and is for with to of we our my that this are it you your please about was from have"
    " be will can write need want make",
    "fr": "le la les des une un est et pour dans avec je nous vous que qui du au aux mon ma notre"
    " ce cette sont pas sur mes nos votre il elle fait faire ecris merci",
}
#: Words with which a wish begins, which do not name its subject.
OPENING_WORDS = (
    "please can could you i we want need would like to write make create prepare draft give me us"
    " post text email mail letter article texte message lettre hello hi bonjour"
    " a an the for about my our s'il te vous plait je nous voudrais voudrions veux besoin de d'un"
    " d'une ecris ecrire redige rediger fais faire prepare preparer donne moi un une le la les du"
    " des sur pour mon ma mes notre nos"
)
#: Words with which a subject does not end.
LOOSE_WORDS = (
    "about "
    "a an the of to for and with in on at by from or that which is are our my de du des le la les"
    " un une et pour avec dans sur au aux ou qui que est sont notre mon ma"
)

#: Shape of a text by what it is for; recognised from the names of the inputs, else from the words.
SHAPES: Mapping[str, str] = {
    "minutes": r"meeting|reunion|minutes|compte.rendu|recap",
    "post": r"post|linkedin|tweet|social|hashtag",
    "letter": r"e?-?mail|letter|lettre|courriel|prospect",
    "answer": r"question",
    "report": r"",
}

DOCUMENTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "minutes": """\
**Subject:** {{ topic }}

## In short

{{ opening }} The points below were discussed, and each has a follow-up.

## What was said

{{ points | bullets }}

## Decisions and follow-up

| # | Point | Next step |
|---|---|---|
{% for point in points[:4] -%}
| {{ loop.index }} | {{ point | shorten(70) | replace("|", "/") }} | {{ steps[loop.index0] }} |
{% endfor %}
## Before the next meeting

1. Send these minutes to everyone who took part.
2. Name one person for each follow-up.
3. Put the open questions first on the next agenda.
""",
        "post": """\
**{{ topic }}**

{{ opening }} Here is what we take from it:

{% for point in points[:5] -%}
👉 {{ point }}

{% endfor -%}
What surprised us most: the simple steps were the ones that counted.

And you, how do you go about it? Tell us in the comments. 💬

{{ hashtags }}
""",
        "letter": """\
Hello,

{{ opening }} I would like to share the main points with you:

{{ points | bullets }}

**What I suggest:** a short call of fifteen minutes this week, to see what is useful to you and \
what comes next.

- Tuesday morning or Thursday afternoon would suit me well.
- If another moment is better, a line is enough.

Thank you for your time, and I look forward to your answer.

Kind regards
""",
        "answer": """\
## The short answer

{{ opening }} The best start is a small one: settle what a good result looks like, then test one \
way to reach it.

## Why

{{ points | bullets }}

- A first attempt shows quickly which assumptions hold.
- What is written down can be shared, questioned and improved.

## How to go about it

1. **Describe the goal** in one sentence that a colleague would understand.
2. **List what is known**, and mark what is only supposed.
3. **Try the smallest step**, and look at the result together.
""",
        "report": """\
{{ opening }} This text puts the ideas in order and says what could come next.

## The essentials

{{ points | bullets }}

## What makes it strong

- **A clear purpose.** “{{ topic }}” is easy to explain in one sentence.
- **A real need.** The people concerned gain time from the first day.
- **A manageable start.** A first version can be tried with few means.

## Points to watch

- Who decides, and by when?
- What would show within a month that it works?
- Which risk should be looked at first?

## Next steps

1. {{ steps[0] }} and agree on the goal.
2. {{ steps[1] }} with two or three people concerned.
3. {{ steps[2] }}, then decide how to go on.
""",
    },
    "fr": {
        "minutes": """\
**Objet :** {{ topic }}

## En bref

{{ opening }} Les points ci-dessous ont été abordés, et chacun a une suite.

## Ce qui a été dit

{{ points | bullets }}

## Décisions et suites

| # | Point | Prochaine étape |
|---|---|---|
{% for point in points[:4] -%}
| {{ loop.index }} | {{ point | shorten(70) | replace("|", "/") }} | {{ steps[loop.index0] }} |
{% endfor %}
## Avant la prochaine réunion

1. Envoyer ce compte rendu à toutes les personnes présentes.
2. Nommer une personne responsable pour chaque suite.
3. Placer les questions ouvertes en tête du prochain ordre du jour.
""",
        "post": """\
**{{ topic }}**

{{ opening }} Voici ce que nous en retenons :

{% for point in points[:5] -%}
👉 {{ point }}

{% endfor -%}
Ce qui nous a le plus surpris : ce sont les gestes simples qui ont compté.

Et vous, comment faites-vous ? Dites-le-nous en commentaire. 💬

{{ hashtags }}
""",
        "letter": """\
Bonjour,

{{ opening }} Je souhaite partager avec vous les points principaux :

{{ points | bullets }}

**Ce que je propose :** un court échange de quinze minutes cette semaine, pour voir ce qui vous \
est utile et décider de la suite.

- Mardi matin ou jeudi après-midi me conviendraient bien.
- Si un autre moment vous arrange, un mot suffit.

Merci pour votre temps ; au plaisir de vous lire.

Bien cordialement
""",
        "answer": """\
## La réponse courte

{{ opening }} Le mieux est de commencer petit : dire à quoi ressemble un bon résultat, puis \
essayer un chemin pour y arriver.

## Pourquoi

{{ points | bullets }}

- Un premier essai montre vite quelles hypothèses tiennent.
- Ce qui est écrit peut être partagé, discuté et amélioré.

## Comment s'y prendre

1. **Décrire le but** en une phrase qu'un collègue comprendrait.
2. **Noter ce que l'on sait**, et marquer ce que l'on suppose.
3. **Essayer le plus petit pas**, et regarder le résultat ensemble.
""",
        "report": """\
{{ opening }} Ce texte met les idées en ordre et dit ce qui pourrait suivre.

## L'essentiel

{{ points | bullets }}

## Les points forts

- **Un but clair.** « {{ topic }} » s'explique en une phrase.
- **Un vrai besoin.** Les personnes concernées gagnent du temps dès le premier jour.
- **Un départ à portée de main.** Une première version s'essaie avec peu de moyens.

## Points de vigilance

- Qui décide, et pour quand ?
- Qu'est-ce qui montrerait, dans un mois, que cela fonctionne ?
- Quel risque regarder en premier ?

## Prochaines étapes

1. {{ steps[0] }} et s'accorder sur le but.
2. {{ steps[1] }} avec deux ou trois personnes concernées.
3. {{ steps[2] }}, puis décider de la suite.
""",
    },
}

STEPS: Mapping[str, tuple[str, ...]] = {
    "en": ("Share the text", "Check the facts", "Try a first version", "Set a date"),
    "fr": ("Partager le texte", "Vérifier les faits", "Essayer une version", "Fixer une date"),
}

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "no_topic": "Your request",
        "opening": "The subject: *{topic}*.",
        "question": "What is “{topic}” for, and who will read it? A sentence or two is enough.",
        "question_bare": "What should the text be about, and who will read it?",
        "summary": "You asked for a text about “{topic}”. It gathers your points and proposes what"
        " could come next.",
        "reply": "Here is what I understand: it is about “{topic}”.",
        "reply_end": "Tell me what to add or change, and I will go on from there.",
        "revised": "Reworked as you asked: {request}",
        "longer": "## Going further\n\n- Give an example for each point.\n- Say what it changes for"
        " the reader.\n- End with one clear request.",
        "filler": "It is worth taking a moment to look at each of these points in turn.",
    },
    "fr": {
        "no_topic": "Votre demande",
        "opening": "Le sujet : *{topic}*.",
        "question": "À quoi doit servir ce texte (« {topic} »), et qui le lira ? Une phrase ou deux"
        " suffisent.",
        "question_bare": "De quoi doit parler le texte, et qui le lira ?",
        "summary": "Vous avez demandé un texte sur ce sujet : « {topic} ». Il reprend vos points et"
        " propose une suite.",
        "reply": "Voici ce que je comprends : il s'agit de « {topic} ».",
        "reply_end": "Dites-moi ce qu'il faut ajouter ou changer, et je continue.",
        "revised": "Retravaillé comme demandé : {request}",
        "longer": "## Pour aller plus loin\n\n- Donner un exemple pour chaque point.\n- Dire ce que"
        " cela change pour le lecteur.\n- Finir par une demande claire.",
        "filler": "Il vaut la peine de s'arrêter un instant sur chacun de ces points.",
    },
}
