"""What each figure means, in a sentence, as docs/measures.md says it: a leaf."""

from __future__ import annotations

DEFINITIONS = {
    "Awaiting the author's answer": "Comments of readers without an author's answer directly "
    "below them, oldest first.",
    "Author response rate": "Comments of readers with an author's answer directly below, of all "
    "comments of readers.",
    "Time to the author's answer": "From a comment to the first such answer. Comments that still "
    "wait count for as long as they have waited.",
    "Answered within 24 h": "Of small samples how many of all were answered in that time; of "
    "larger ones the estimate of the same curve.",
    "Moderation delay": "From a reader's comment to its approval, as its file says.",
    "Time to first response": "From a post's publication to the first words of anybody but its "
    "authors, posts that still wait counted as above.",
    "Posts without a response": "Those that nobody else has said anything on.",
    "Came back after the answer": "Of the comments that an author answered, those whose writer "
    "wrote on that post again afterwards.",
    "Participants": "Readers who wrote, as far as they have a name or a site.",
    "New": "Of a period's participants, those whose first comment of all is in it.",
    "Returning": "Of the participants, those who had written on two posts or more by its end.",
    "Reader to reader": "Comments of readers that answer another reader, of all comments of "
    "readers.",
    "Reciprocity": "Of the pairs (who, whom) where one has answered the other, those answered in "
    "turn.",
    "Effective participants": "As many equally active readers as would be as concentrated.",
    "Deepest thread": "The deepest answer; level 1 answers the post.",
    "Highest thread h-index": "The deepest level that has at least as many comments as its number.",
    "Comments": "What readers and authors wrote under posts.",
    "Mentions": "Other sites and networks that speak of a post, by what they are or where they "
    "were heard.",
    "Likes and reposts": "Reactions without words.",
    "Views": "Pages that people looked at, bots and feed readers left out.",
    "Visits": "Different people of each day, as far as address and browser tell, added up.",
    "Readers of the feed": "On the last day that was counted: those whom aggregators speak for, "
    "and others by address and software.",
    "Comments per 1,000 views": "Comments of readers for every thousand views of posts, over the "
    "days that were counted.",
    "Announcements": "What the authors published elsewhere about posts, by network.",
}
"""A sentence for each figure that the report and the dashboard know, by its name."""
