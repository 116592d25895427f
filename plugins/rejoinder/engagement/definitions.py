"""What each figure means, in a sentence, as docs/measures.md says it, said later. Pure."""

from __future__ import annotations

from rejoinder.languages.texts import message

DEFINITIONS = {
    "Awaiting the author's answer": message(
        "Comments of readers without an author's answer directly below them, oldest first."
    ),
    "Author response rate": message(
        "Comments of readers with an author's answer directly below, of all comments of readers."
    ),
    "Time to the author's answer": message(
        "From a comment to the first such answer. Comments that still wait count for as long "
        "as they have waited."
    ),
    "Answered within 24 h": message(
        "Of small samples how many of all were answered in that time; of larger ones the "
        "estimate of the same curve."
    ),
    "Moderation delay": message("From a reader's comment to its approval, as its file says."),
    "Time to first response": message(
        "From a post's publication to the first words of anybody but its authors, posts that "
        "still wait counted as above."
    ),
    "Posts without a response": message("Those that nobody else has said anything on."),
    "Came back after the answer": message(
        "Of the comments that an author answered, those whose writer wrote on that post again"
        " afterwards."
    ),
    "Participants": message("Readers who wrote, as far as they have a name or a site."),
    "New": message("Of a period's participants, those whose first comment of all is in it."),
    "Returning": message(
        "Of the participants, those who had written on two posts or more by its end."
    ),
    "Reader to reader": message(
        "Comments of readers that answer another reader, of all comments of readers."
    ),
    "Reciprocity": message(
        "Of the pairs (who, whom) where one has answered the other, those answered in turn."
    ),
    "Effective participants": message(
        "As many equally active readers as would be as concentrated."
    ),
    "Deepest thread": message("The deepest answer; level 1 answers the post."),
    "Highest thread h-index": message(
        "The deepest level that has at least as many comments as its number."
    ),
    "Comments": message("What readers and authors wrote under posts."),
    "Mentions": message(
        "Other sites and networks that speak of a post, by what they are or where they were heard."
    ),
    "Likes and reposts": message("Reactions without words."),
    "Views": message("Pages that people looked at, bots and feed readers left out."),
    "Visits": message(
        "Different people of each day, as far as address and browser tell, added up."
    ),
    "Readers of the feed": message(
        "On the last day that was counted: those whom aggregators speak for, and others by "
        "address and software."
    ),
    "Comments per 1,000 views": message(
        "Comments of readers for every thousand views of posts, over the days that were counted."
    ),
    "Announcements": message("What the authors published elsewhere about posts, by network."),
}
"""A sentence for each figure that the report and the dashboard know, by its English name."""
