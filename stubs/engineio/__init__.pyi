from engineio import packet as packet
