import { add, concat, rearrange, split } from '../primitives'
import { equation } from '../trace'

/** Adds the position embeddings and joins the class token with the patches of its frame:
 *  $$P_s = Concat[P_s^{cls}, P_s^V] \tag{1}$$
 *  $$V_{cls} = V_{cls} + P_s^{cls} \tag{2}$$
 *  $$V = V + P_s^V + P_t \tag{3}$$
 *  $$V_0 = Concat[V_{cls}, V] \tag{4}$$
 *  P_t is repeated over the batch, and the class token gets none of it (decision D8).
 *  @param V_cls the class token of every frame of every clip
 *  @param V the patch embeddings, P to a frame
 *  @param P_s the spatial position embedding, of the class token and of P patches
 *  @param P_t the temporal position embedding, of T frames
 *  @returns V_0, what the first block gets
 *  @throws ShapeError where P_s lacks the class token, or T does not divide the number of frames
 *  Source: Sec. 3.1, "Position encoding". */
export const positionEncoding = equation(
  'Position encoding, Sec. 3.1, Eqs. (1)–(4)',
  "V_cls[B*T, 1, C'], V[B*T, P, C'], P_s[1, 1+P, C'], P_t[T, 1, C'] -> V_0[B*T, 1+P, C']",
  (V_cls, V, P_s, P_t, { B, P }) => {
    const [P_s_cls, P_s_V] = split(P_s, 1, [1, P]) // (1), read backwards
    const V_cls_s = add(V_cls, P_s_cls) // (2)
    const V_st = add(add(V, P_s_V), rearrange("[T, 1, C'] -> [B*T, 1, C']", P_t, { B })) // (3)
    return concat(1, V_cls_s, V_st) // (4)
  },
)
