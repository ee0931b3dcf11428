"""Requests of a session in bytes, followed from one end of the wire to the other."""

import json

import httpx

from ..faults.passing import Call, Leaves
from ..network.fated import CALL_NAMES
from ..network.rest import Course, Courses


class FollowedCourses(Courses):
    """Lets exchanges go as `courses` say, and tells of each that is about orders, positions, trades
    or accounts. Of logging in and of looking things up nothing is told: what is in there is no part
    of a run's story."""

    def __init__(self, courses: Courses, leaves: Leaves) -> None:
        self._courses = courses
        self._leaves = leaves

    def of(self, request: httpx.Request, body: bytes) -> Course | None:
        course = self._courses.of(request, body)
        path = request.url.path.removeprefix("/api/").strip("/")
        name = CALL_NAMES.get(path.lower())
        if name is None or (course is not None and not course.leaves):
            return course
        asked = json.loads(body or b"{}")
        order = asked.get("orderId")
        call = Call(
            name=name,
            order_id=None if order is None else str(order),
            cl_ord_id=asked.get("customTag"),
        )
        course = course or Course()
        course.when_arrived = self._leaves(call)
        return course
