"""How the objective is descended: where a start and a rate lead, in closed form.

In: a problem, a target and a request. Out: a `Run`, with all the numbers that results, reports and pictures show.
"""
