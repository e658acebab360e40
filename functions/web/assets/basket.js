const key = 'kagari.basket';

/** What was chosen before the log-in came between: quantities by sku, and the card. */
export const keepBasket = (basket) => sessionStorage.setItem(key, JSON.stringify(basket));

export const takeBasket = () => {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return kept ? JSON.parse(kept) : undefined;
};
