"""Somebody else's client of a twin's account, for tests of what runs beside it."""

import httpx
from twin_world import CONTRACT, KEY


class ByHand:
    """Somebody else's client of the same account."""

    def __init__(self, url):
        self._http = httpx.Client(base_url=url)
        token = self._post("Auth/loginKey", userName="ada", apiKey=KEY)["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def _post(self, path, **body):
        answer = self._http.post(f"/api/{path}", json=body).json()
        assert answer["success"], answer
        return answer

    def place(self, kind, side, size, **prices):
        return self._post(
            "Order/place",
            accountId=1001,
            contractId=CONTRACT,
            type=kind,
            side=side,
            size=size,
            **prices,
        )["orderId"]

    def long_three_with_a_stop_for_one(self):
        self.place(2, 0, 3)
        self.place(4, 1, 1, stopPrice=19990)
        self.place(1, 1, 2, limitPrice=20100)

    def cancel_everything(self):
        for each in self._post("Order/searchOpen", accountId=1001)["orders"]:
            self._post("Order/cancel", accountId=1001, orderId=each["id"])

    def flatten(self):
        self._post("Position/closeContract", accountId=1001, contractId=CONTRACT)

    @property
    def standing(self):
        """How many orders work, and how many contracts are held."""
        orders = self._post("Order/searchOpen", accountId=1001)["orders"]
        positions = self._post("Position/searchOpen", accountId=1001)["positions"]
        return len(orders), sum(each["size"] for each in positions)

    def close(self):
        self._http.close()
