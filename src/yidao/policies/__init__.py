"""Published policy versions: seeds, publishing, and the choice by anchor time and scope."""
