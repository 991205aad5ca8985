import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStoreBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.util.Selector;
import org.bouncycastle.util.Store;

/**
 * Bouncy Castle's judgement of signatures, time stamps and evidence records: a question a line, an answer a line.
 *
 * Question, fields parted by tabs: an act (signature, token, record), a name, the file to judge, and the file that
 * it covers ("-" when it stands inside). Files are in the folder of the first argument, which also holds the
 * anchor, root.pem. Answer: the name, and "good" or the reason.
 *
 * A signature is good when every signer, every countersigner and every time stamp in it is, each with a path to the
 * anchor; of archive time stamps only the token is looked at.
 */
final class Castle {
    private static final ASN1ObjectIdentifier ARCHIVE = new ASN1ObjectIdentifier("0.4.0.1733.2.4");
    private final Path folder;
    private final X509Certificate anchor;
    private final DigestCalculatorProvider digests;

    private Castle(Path folder) throws Exception {
        this.folder = folder;
        this.digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        try (var file = Files.newInputStream(folder.resolve("root.pem"))) {
            this.anchor = (X509Certificate) factory.generateCertificate(file);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Castle judge = new Castle(Path.of(arguments[0]));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] fields = line.split("\t", -1);
            out.println(fields[1] + "\t" + judge.answer(fields));
        }
        out.flush();
    }

    private String answer(String[] fields) {
        try {
            byte[] judged = read(fields[2]);
            byte[] covered = fields[3].equals("-") ? null : read(fields[3]);
            switch (fields[0]) {
                case "signature" -> signature(judged, covered);
                case "token" -> token(new TimeStampToken(new CMSSignedData(judged)), covered);
                case "record" -> record(judged, covered);
                default -> throw new IllegalArgumentException(fields[0]);
            }
            return "good";
        } catch (Exception e) {
            StringBuilder why = new StringBuilder();
            for (Throwable at = e; at != null; at = at.getCause()) {
                why.append(at.getClass().getSimpleName()).append(": ").append(at.getMessage()).append("; ");
            }
            return why.toString().replace('\n', ' ').replace('\t', ' ');
        }
    }

    private byte[] read(String name) throws Exception {
        return Files.readAllBytes(folder.resolve(name));
    }

    private void signature(byte[] judged, byte[] covered) throws Exception {
        CMSSignedData data = covered == null
            ? new CMSSignedData(judged)
            : new CMSSignedData(new CMSProcessableByteArray(covered), judged);
        if (data.getSignerInfos().size() == 0) {
            throw new CMSException("no signer");
        }
        signers(data.getSignerInfos(), data.getCertificates());
    }

    @SuppressWarnings("unchecked")
    private void signers(SignerInformationStore infos, Store<X509CertificateHolder> pool) throws Exception {
        for (SignerInformation info : infos) {
            X509CertificateHolder holder = one(pool, info.getSID());
            if (!info.verify(verifier(holder))) {
                throw new CMSException("a signature is not valid");
            }
            bound(info, holder);
            path(holder, pool);
            signers(info.getCounterSignatures(), pool);
            for (TimeStampToken token : tokens(info, PKCSObjectIdentifiers.id_aa_signatureTimeStampToken)) {
                token(token, info.getSignature());
            }
            for (TimeStampToken token : tokens(info, ARCHIVE)) {
                token(token, null);
            }
        }
    }

    private void bound(SignerInformation info, X509CertificateHolder holder) throws Exception {
        AttributeTable signed = info.getSignedAttributes();
        Attribute found = signed == null ? null : signed.get(PKCSObjectIdentifiers.id_aa_signingCertificateV2);
        if (found == null) {
            return;
        }
        var first = SigningCertificateV2.getInstance(found.getAttrValues().getObjectAt(0)).getCerts()[0];
        String by = first.getHashAlgorithm().getAlgorithm().getId();
        byte[] wanted = MessageDigest.getInstance(by, "BC").digest(holder.getEncoded());
        if (!MessageDigest.isEqual(wanted, first.getCertHash())) {
            throw new CMSException("another certificate is bound");
        }
    }

    private List<TimeStampToken> tokens(SignerInformation info, ASN1ObjectIdentifier kind) throws Exception {
        List<TimeStampToken> found = new ArrayList<>();
        AttributeTable unsigned = info.getUnsignedAttributes();
        if (unsigned == null) {
            return found;
        }
        var every = unsigned.getAll(kind);
        for (int i = 0; i < every.size(); i++) {
            for (ASN1Encodable value : Attribute.getInstance(every.get(i)).getAttrValues()) {
                found.add(new TimeStampToken(new CMSSignedData(value.toASN1Primitive().getEncoded())));
            }
        }
        return found;
    }

    private void token(TimeStampToken token, byte[] covered) throws Exception {
        Store<X509CertificateHolder> pool = token.getCertificates();
        X509CertificateHolder holder = one(pool, token.getSID());
        token.validate(verifier(holder));
        path(holder, pool);
        var info = token.getTimeStampInfo();
        if (covered != null) {
            String by = info.getMessageImprintAlgOID().getId();
            if (!MessageDigest.isEqual(MessageDigest.getInstance(by, "BC").digest(covered),
                    info.getMessageImprintDigest())) {
                throw new CMSException("another document is stamped");
            }
        }
    }

    private void record(byte[] judged, byte[] covered) throws Exception {
        ERSEvidenceRecord record = new ERSEvidenceRecord(judged, digests);
        X509CertificateHolder holder = record.getSigningCertificate();
        record.validate(verifier(holder));
        record.validatePresent(new ERSByteData(covered), new Date());
    }

    private static X509CertificateHolder one(Store<X509CertificateHolder> pool, Selector<X509CertificateHolder> of)
            throws CMSException {
        Collection<X509CertificateHolder> found = pool.getMatches(of);
        if (found.isEmpty()) {
            throw new CMSException("no certificate of the signer");
        }
        return found.iterator().next();
    }

    private static SignerInformationVerifier verifier(X509CertificateHolder holder) throws Exception {
        return new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder);
    }

    private void path(X509CertificateHolder holder, Store<X509CertificateHolder> pool)
            throws GeneralSecurityException {
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder));
        PKIXBuilderParameters asked = new PKIXBuilderParameters(Set.of(new TrustAnchor(anchor, null)), target);
        CertStore known = new JcaCertStoreBuilder().setProvider("BC").addCertificates(pool).build();
        asked.addCertStore(known);
        asked.setRevocationEnabled(false);
        CertPathBuilder.getInstance("PKIX", "BC").build(asked);
    }
}
