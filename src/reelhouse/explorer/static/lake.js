export const showLake = async () => ({ title: "Lake", parts: [] });
