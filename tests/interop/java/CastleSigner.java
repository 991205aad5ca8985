import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSEvidenceRecordGenerator;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStamp;
import org.bouncycastle.tsp.ers.ERSArchiveTimeStampGenerator;

/**
 * What Bouncy Castle makes: a task a line, an answer a line; files in the folder of the first argument.
 *
 * Task, fields parted by tabs: an act (sign, stamp, record), a name, a kind of key, options parted by commas. It
 * signs the file "document" by KIND.key and KIND.crt with the chain above.pem, stamps by tsa.key and tsa.crt with
 * tsa-above.pem, and writes NAME.theirs. Answer: the name, and "good" or the reason.
 */
final class CastleSigner {
    private final Path folder;
    private final DigestCalculatorProvider digests;
    private long serial;

    private CastleSigner(Path folder) throws Exception {
        this.folder = folder;
        this.digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        CastleSigner maker = new CastleSigner(Path.of(arguments[0]));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = tasks.readLine(); line != null; line = tasks.readLine()) {
            String[] fields = line.split("\t", -1);
            out.println(fields[1] + "\t" + maker.answer(fields));
        }
        out.flush();
    }

    private String answer(String[] fields) {
        try {
            Set<String> options = Set.of(fields[3].split(","));
            byte[] made = switch (fields[0]) {
                case "sign" -> sign(fields[2], options);
                case "stamp" -> stamp(Files.readAllBytes(folder.resolve("document"))).getEncoded();
                case "record" -> record();
                default -> throw new IllegalArgumentException(fields[0]);
            };
            Files.write(folder.resolve(fields[1] + ".theirs"), made);
            return "good";
        } catch (Exception e) {
            return (e.getClass().getSimpleName() + ": " + e.getMessage()).replace('\n', ' ');
        }
    }

    private byte[] sign(String kind, Set<String> options) throws Exception {
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(signer(kind, options));
        generator.addCertificates(new JcaCertStore(chain(kind + ".crt", "above.pem")));
        if (options.contains("second")) {
            generator.addSignerInfoGenerator(signer("rsa-3072", options));
            generator.addCertificates(new JcaCertStore(chain("rsa-3072.crt")));
        }
        byte[] document = Files.readAllBytes(folder.resolve("document"));
        CMSSignedData signed = generator.generate(
            new CMSProcessableByteArray(document), !options.contains("detached"));
        List<SignerInformation> grown = new ArrayList<>();
        for (SignerInformation one : signed.getSignerInfos()) {
            grown.add(grow(one, options));
        }
        CMSSignedData whole = CMSSignedData.replaceSigners(signed, new SignerInformationStore(grown));
        if (options.contains("countersigned")) {
            List<X509Certificate> every = chain(kind + ".crt", "above.pem", "rsa-3072.crt");
            whole = CMSSignedData.replaceCertificatesAndCRLs(whole, new JcaCertStore(every), null, null);
        }
        return whole.getEncoded("DER");
    }

    private SignerInformation grow(SignerInformation one, Set<String> options) throws Exception {
        SignerInformation grown = one;
        if (options.contains("countersigned")) {
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            generator.addSignerInfoGenerator(signer("rsa-3072", options));
            grown = SignerInformation.addCounterSigners(grown, generator.generateCounterSigners(grown));
        }
        if (options.contains("stamped")) {
            ASN1EncodableVector values = new ASN1EncodableVector();
            Attribute added = new Attribute(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken,
                new DERSet(ASN1Primitive.fromByteArray(stamp(one.getSignature()).getEncoded())));
            values.add(added);
            grown = SignerInformation.replaceUnsignedAttributes(grown, new AttributeTable(values));
        }
        return grown;
    }

    private SignerInfoGenerator signer(String kind, Set<String> options) throws Exception {
        X509Certificate certificate = chain(kind + ".crt").get(0);
        ContentSigner key = new JcaContentSignerBuilder(scheme(kind, options)).setProvider("BC")
            .build(key(kind + ".key"));
        JcaSignerInfoGeneratorBuilder builder = new JcaSignerInfoGeneratorBuilder(digests);
        builder.setDirectSignature(options.contains("direct"));
        if (options.contains("cades")) {
            byte[] hash = MessageDigest.getInstance("SHA-512").digest(certificate.getEncoded());
            AlgorithmIdentifier by = new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha512);
            var bound = new SigningCertificateV2(new ESSCertIDv2(by, hash));
            ASN1EncodableVector values = new ASN1EncodableVector();
            values.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(bound)));
            builder.setSignedAttributeGenerator(
                new DefaultSignedAttributeTableGenerator(new AttributeTable(values)));
        }
        return builder.build(key, certificate);
    }

    private static String scheme(String kind, Set<String> options) {
        return switch (kind) {
            case "p-256" -> "SHA256withECDSA";
            case "p-384" -> "SHA384withECDSA";
            case "p-521" -> "SHA512withECDSA";
            case "ed25519" -> "Ed25519";
            case "ed448" -> "Ed448";
            case "ml-dsa-44", "ml-dsa-65", "ml-dsa-87" -> kind.toUpperCase();
            default -> options.contains("pss") ? "SHA256withRSAandMGF1" : "SHA256withRSA";
        };
    }

    private TimeStampToken stamp(byte[] covered) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(covered);
        TimeStampRequestGenerator asking = new TimeStampRequestGenerator();
        asking.setCertReq(true);
        return answer(asking.generate(TSPAlgorithms.SHA256, hash, BigInteger.valueOf(77))).getTimeStampToken();
    }

    private TimeStampResponse answer(TimeStampRequest request) throws Exception {
        X509Certificate certificate = chain("tsa.crt").get(0);
        DigestCalculator by = digests.get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256));
        SignerInfoGenerator signer = new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC")
            .build("SHA256withECDSA", key("tsa.key"), certificate);
        TimeStampTokenGenerator generator =
            new TimeStampTokenGenerator(signer, by, new ASN1ObjectIdentifier("2.999.1"));
        generator.addCertificates(new JcaCertStore(chain("tsa.crt", "tsa-above.pem")));
        TimeStampResponseGenerator answering = new TimeStampResponseGenerator(generator, TSPAlgorithms.ALLOWED);
        TimeStampResponse found = answering.generate(request, BigInteger.valueOf(++serial), new Date());
        found.validate(request);
        return found;
    }

    private byte[] record() throws Exception {
        DigestCalculator by = digests.get(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256));
        ERSArchiveTimeStampGenerator tree = new ERSArchiveTimeStampGenerator(by);
        for (int i = 0; i < 4; i++) {
            tree.addData(new ERSByteData(("document " + i).getBytes(StandardCharsets.US_ASCII)));
        }
        tree.addData(new ERSByteData(Files.readAllBytes(folder.resolve("document"))));
        TimeStampRequestGenerator asking = new TimeStampRequestGenerator();
        asking.setCertReq(true);
        TimeStampRequest request = tree.generateTimeStampRequest(asking, BigInteger.valueOf(78));
        List<ERSArchiveTimeStamp> stamps = tree.generateArchiveTimeStamps(answer(request));
        List<ERSEvidenceRecord> records = new ERSEvidenceRecordGenerator(digests).generate(stamps);
        for (ERSEvidenceRecord one : records) {
            if (one.isContaining(new ERSByteData(Files.readAllBytes(folder.resolve("document"))), new Date())) {
                return one.getEncoded();
            }
        }
        throw new IllegalStateException("no record of the document");
    }

    private PrivateKey key(String name) throws Exception {
        try (PEMParser parser = new PEMParser(Files.newBufferedReader(folder.resolve(name)))) {
            var info = (org.bouncycastle.asn1.pkcs.PrivateKeyInfo) parser.readObject();
            return new JcaPEMKeyConverter().setProvider("BC").getPrivateKey(info);
        }
    }

    private List<X509Certificate> chain(String... names) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        List<X509Certificate> found = new ArrayList<>();
        for (String name : names) {
            try (InputStream file = Files.newInputStream(folder.resolve(name))) {
                factory.generateCertificates(file).forEach(one -> found.add((X509Certificate) one));
            }
        }
        return found;
    }
}
